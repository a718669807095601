-- Version 4 of the schema: deliveries by time, so that those that are old enough to be forgotten are found at once.
CREATE INDEX results_delivered ON results (record ->> 'delivered_at');

CREATE TRIGGER result_removed AFTER DELETE ON results BEGIN
    DELETE FROM endings WHERE seq = OLD.seq;
END;
