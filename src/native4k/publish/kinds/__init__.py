"""What a published dataset can be exported as: one module a kind, each with an `export` that fills a folder."""
