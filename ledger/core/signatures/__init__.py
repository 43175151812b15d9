"""Keys, signatures, and the envelope that carries a signed record."""
