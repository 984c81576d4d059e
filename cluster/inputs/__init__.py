"""What the commands were given, checked before torch, Ray and the like are imported: bad input is refused at once."""
