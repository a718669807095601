-- One time for all who work this queue, in epoch seconds.
SELECT extract(epoch FROM clock_timestamp())::double precision
