-- Delivered jobs that are old enough go with all about them; nothing else does.
-- ARGV: before when, most. The answer is how many went.
local seqs = call('ZRANGEBYSCORE', base .. 'delivered', '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, seq in ipairs(seqs) do
    forget(read_job(seq))
end
return finish(#seqs)
