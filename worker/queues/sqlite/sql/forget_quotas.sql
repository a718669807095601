-- An account that is full again is like one that never was. A second of grace, for clocks that are set back a little.
DELETE FROM quotas WHERE rowid > :after AND (:last IS NULL OR rowid <= :last) AND full_at < :now - 1
