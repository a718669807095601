-- A queue says in which form it is kept, from its first moment on. ARGV: the form that a new one has. The answer is the
-- form that this one has. A server that has no room left is opened all the same, so that its jobs can be done.
local form = call('HGET', base .. 'last', 'form')
if not form then
    redis.pcall('HSET', base .. 'last', 'form', ARGV[1])
end
return form or ARGV[1]
