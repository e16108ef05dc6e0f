"""A whole site in one process under a virtual clock: the production agent and centre beside the plant."""
