-- All of these accounts change, or none does: none that is not as the caller has seen it, nor any other beside it.
-- ARGV: for each account its name; the state that was seen, empty for one that is not kept; the new one, empty where it
-- only must not have changed; and for how many milliseconds that is kept. The answer is nothing where all was changed,
-- and else how every one of them stands.
work_when_full()
local current, same = {}, true
for index = 1, #ARGV, 4 do
    local state = call('GET', base .. 'quota:' .. ARGV[index]) or ''
    current[#current + 1] = state
    same = same and state == ARGV[index + 1]
end
if not same then
    return current
end
for index = 1, #ARGV, 4 do
    if ARGV[index + 2] ~= '' then
        call('SET', base .. 'quota:' .. ARGV[index], ARGV[index + 2], 'PX', ARGV[index + 3])
    end
end
return false
