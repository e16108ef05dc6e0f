"""Mutation testing of the modules that carry the promises: small mistakes are planted, tests must notice."""
