"""What a collection of metadata holds, before anything of it is downloaded."""
