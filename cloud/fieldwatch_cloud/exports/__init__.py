"""Records in and out, in the formats that other tools read; each says whence it is and how to cite it."""
