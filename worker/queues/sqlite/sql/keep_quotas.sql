-- Written by whoever has read them in the same transaction. A quota is [account, state, full_at].
INSERT INTO quotas (account, state, full_at)
SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(:quotas) WHERE TRUE
ON CONFLICT (account) DO UPDATE SET state = excluded.state, full_at = excluded.full_at
