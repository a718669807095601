-- A stop takes the place of one of the same name, also where the memory is used up. ARGV: of each its name and its record.
work_when_full()
in_portions('HSET', 'stops', ARGV)
return 1
