-- An id is taken once. ARGV: the file or '', then of each entry its id, lane, payload, priority, due time or '', line or
-- ''. The answer is [index] of each entry whose id was there with the very same content, [index, content, first
-- content or nil] of each that has other content.
local known = {}
for first = 2, #ARGV, 6 do
    local id, payload = ARGV[first], ARGV[first + 2]
    if not take({ id, ARGV[first + 1], payload, ARGV[first + 3], ARGV[1], ARGV[first + 5] }, ARGV[first + 4]) then
        local seq = call('HGET', base .. 'ids', id)
        local content = call('GET', base .. 'body:' .. seq)
        local entry = { (first - 2) / 6 }
        if content ~= payload then
            entry[2], entry[3] = content, call('GET', base .. 'original:' .. seq)
        end
        known[#known + 1] = entry
    end
end
if #known > 0 then
    write_anything()
end
return finish(known)
