-- Of jobs from :first on: add_endings.sql numbers them in their own order.
DELETE FROM endings WHERE seq >= :first
