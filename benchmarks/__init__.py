"""How long an approval takes, measured beside a bare client and a plain Kopf operator."""
