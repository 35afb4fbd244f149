import java.lang.reflect.Field;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/** DynamoDB Local on 127.0.0.1, which its own command line does not offer, and on the port given or a free one. */
class DynamoDbLocal {
    public static void main(String[] args) throws Exception {
        DynamoDBProxyServer proxy =
            ServerRunner.createServerFromCommandLineArgs(new String[] {"-inMemory", "-disableTelemetry"});
        Field field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        ServerConnector connector = (ServerConnector) ((Server) field.get(proxy)).getConnectors()[0];
        connector.setHost("127.0.0.1");
        connector.setPort(args.length == 0 ? 0 : Integer.parseInt(args[0]));
        proxy.start();
        System.out.println("listening on " + connector.getLocalPort());
        // Whoever started it holds the other end: when that process is gone, however it ended, so is this one.
        while (System.in.read() != -1) {}
        System.exit(0);
    }
}
