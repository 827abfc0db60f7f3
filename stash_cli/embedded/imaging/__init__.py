"""Decoding of videos and pictures: frames, perceptual hashes, thumbnails, downloads."""
