-- A row that could not become a job is kept once. ARGV: of each its id, cause and record. The answer is 1 for each that
-- is new, 0 for each that was there.
local answer = {}
for first = 1, #ARGV, 3 do
    local new = call('HEXISTS', base .. 'reject_ids', ARGV[first]) == 0
    answer[#answer + 1] = new and 1 or 0
    if new then
        local number = as_text(next_number('reject'))
        call('HSET', base .. 'reject_ids', ARGV[first], number)
        call('HSET', base .. 'reject:' .. number, 'id', ARGV[first], 'cause', ARGV[first + 1], 'record', ARGV[first + 2])
        add_to('rejected', number, number)
        count('causes', ARGV[first + 1], 1)
    end
end
write_anything()
return finish(answer)
