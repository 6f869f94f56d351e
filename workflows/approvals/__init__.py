"""Decisions of people that runs wait for: what is asked, who may answer, and the one answer that counts."""
