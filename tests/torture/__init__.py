"""Tools that harm runs on purpose: ended at any moment, files damaged; and the proof that nothing is lost or wrong."""
