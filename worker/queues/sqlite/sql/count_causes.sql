-- Reads what the triggers have kept: [[cause, failures], ...].
SELECT json_group_array(json_array(cause, failures)) FROM causes WHERE failures > 0
