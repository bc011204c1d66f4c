"""How long a start is held: certificates, and the escape time of the symmetric family."""
