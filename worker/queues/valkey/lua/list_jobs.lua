-- Jobs in the order of acceptance. ARGV: behind which number, most, how many numbers to look at. The answer is the number
-- up to which was looked, or '' where there are no more, and the seqs.
local seqs = {}
local number, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local final = tonumber(call('HGET', base .. 'last', 'job') or 0)
local stop = math.min(final, number + tonumber(ARGV[3]))
while number < stop and #seqs < most do
    number = number + 1
    local seq = string.format('%016.0f', number)
    if call('EXISTS', base .. 'job:' .. seq) == 1 then
        seqs[#seqs + 1] = seq
    end
end
return { number < final and as_text(number) or '', seqs }
