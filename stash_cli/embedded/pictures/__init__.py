"""Looks into videos and pictures: frames, perceptual hashes, thumbnails."""
