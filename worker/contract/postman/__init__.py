"""Reads Postman collections and makes OpenAPI documents out of them."""
