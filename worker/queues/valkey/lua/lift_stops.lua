-- A stop is lifted only as the caller knew it. ARGV: of each its name and its record.
for first = 1, #ARGV, 2 do
    if call('HGET', base .. 'stops', ARGV[first]) == ARGV[first + 1] then
        call('HDEL', base .. 'stops', ARGV[first])
    end
end
return 1
