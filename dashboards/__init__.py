"""What people look at: Streamlit views over read-only queries."""
