"""Who is measured, and the package that each of them deploys."""
