"""How it is read: text into cells, by grammar; nothing is ever evaluated as code. Imports model and algebra."""
