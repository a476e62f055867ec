"""What is differentiated: named equations, cells and networks, and nothing else. Imports algebra."""
