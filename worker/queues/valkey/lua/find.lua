-- Where jobs are, for those who read them next. ARGV: ids. The answer is their seqs, nil for those that are unknown.
local seqs = {}
for index, id in ipairs(ARGV) do
    seqs[index] = call('HGET', base .. 'ids', id)
end
return seqs
