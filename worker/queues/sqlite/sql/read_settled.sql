-- A lease that was settled stays known until its job is leased again, which gives it another fence, or replayed; one that
-- ran out was not settled. The answer is [[seq, fence], ...].
SELECT json_group_array(json_array(seq, fence))
FROM jobs
WHERE seq IN (SELECT value FROM json_each(:seqs)) AND settled_fence = fence
