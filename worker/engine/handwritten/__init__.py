"""A job's request as a person can send it by hand: for curl, HTTPie or Postman, with variables where secrets stand."""
