-- An id is taken once. ARGV: the file or '', then of each entry its id, lane, payload, priority, due time or '', line or
-- ''. The answer is [index, seq] of each entry whose id was there with the very same content, [index, seq, content,
-- first content or nil] of each that has other content.
local known = {}
for first = 2, #ARGV, 6 do
    local id, payload = ARGV[first], ARGV[first + 2]
    local seq = call('HGET', base .. 'ids', id)
    if not seq then
        take({ id, ARGV[first + 1], payload, ARGV[first + 3], ARGV[1], ARGV[first + 5] }, ARGV[first + 4])
    else
        local content = call('GET', base .. 'body:' .. seq)
        local entry = { (first - 2) / 6, seq }
        if content ~= payload then
            entry[3], entry[4] = content, call('GET', base .. 'original:' .. seq)
        end
        known[#known + 1] = entry
    end
end
return finish(known)
