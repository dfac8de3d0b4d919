"""Web-scale metadata, read as a stream of frames in our columns, whatever the file and wherever it is."""
