"""CT image review: volume in, findings out. Lines without a CT machine do not use this room."""
