-- Jobs from :first on that came here after they had ended, one behind the other.
INSERT INTO endings (seq)
SELECT seq FROM (SELECT seq FROM results WHERE seq >= :first UNION ALL SELECT seq FROM failures WHERE seq >= :first)
ORDER BY seq
