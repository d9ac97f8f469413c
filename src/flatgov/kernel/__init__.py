"""Model → flat program → machine code. Knows neither files nor policies nor xarray."""
