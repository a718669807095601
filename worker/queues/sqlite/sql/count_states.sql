-- Reads what count_moves.sql has kept: [[state, jobs], ...].
SELECT json_group_array(json_array(state, jobs)) FROM states
