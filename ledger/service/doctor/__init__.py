"""`doctor`: checks of an installation. Each examines one subject, changes nothing, and suggests a remedy."""
