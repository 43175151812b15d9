"""Commands of suppliers: keys, signing, posting."""
