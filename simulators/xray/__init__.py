"""How X-rays are attenuated: measured tables, and nothing of any scanner."""
