"""The HTTP routes, one file per subject; what each may be asked by stands in `central.roles`."""
