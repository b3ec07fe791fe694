"""A store in a directory of this machine, or one that it mounts.

`store` puts and reads blobs, `leaving` takes them away, `databases` notes who keeps records of them, `disk` tells what
a file system refuses.
"""
