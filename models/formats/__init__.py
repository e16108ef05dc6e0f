"""Image formats: DICOS CT and threat detection reports, raw volumes, NIfTI."""
