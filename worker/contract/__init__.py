"""What an API accepts: its operations, from a contract document or declared, checked without sending anything."""
