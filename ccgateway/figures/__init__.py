"""How well: figures from calls. Pure: values in, values out."""
