"""How well reviewers do on labelled sets: run over every parcel, measured, reported with its doubt."""
