-- A state stays the text that was written: every digit of a time counts. The answer is [[account, [state]], ...].
SELECT '[' || group_concat('[' || json_quote(account) || ',' || state || ']') || ']'
FROM quotas
WHERE account IN (SELECT value FROM json_each(:names))
