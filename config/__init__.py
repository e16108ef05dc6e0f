"""What a site is: typed settings, shipped sites, catalogues, keys."""
