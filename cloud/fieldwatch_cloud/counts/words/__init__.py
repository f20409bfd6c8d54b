"""What a verdict says, in words: by code, in English and Chinese."""
