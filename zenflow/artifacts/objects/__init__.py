"""A store in a bucket: S3, Google Cloud Storage, Azure, or this process's memory.

`place` says what a URL names and opens it by obstore, `signing` finds the keys of AWS, `trouble` says what an answer
means, `requests` asks until there is one, `cache` is the folder of this machine that blobs are read through, `bucket`
is the layout of a store and its objects, `claims` takes blobs away, `store` puts them together. Loaded only for such
URLs; no other folder knows of obstore.
"""
