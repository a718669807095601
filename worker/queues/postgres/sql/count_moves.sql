-- For transactions that move jobs in more than one statement. How many came to each state, in the order of the states.
INSERT INTO preflight.moves (ready, leased, delayed, delivered, dead, parked) VALUES ($1, $2, $3, $4, $5, $6)
